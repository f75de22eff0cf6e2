/** Names and numbers as they are read. */

/** contentWeight as Content weight. */
export function inWords(name: string): string {
  const words = name.replace(/([A-Z])/g, ' $1').toLowerCase();
  return (words.charAt(0).toUpperCase() + words.slice(1)).replace(/^Tv\b/, 'TV');
}

/** 4.42e+8 as 4.42 × 10⁸. */
export function inPowers(value: number): string {
  if (!Number.isFinite(value)) return String(value);
  if (value === 0 || (Math.abs(value) >= 0.01 && Math.abs(value) < 1e4))
    return String(Number(value.toPrecision(4)));
  const [digits = '', power = ''] = value.toExponential(2).split('e');
  const raised = String(Number(power)).replace(/./g, (sign) => RAISED[sign] ?? '');
  return `${digits} × 10${raised}`;
}

const RAISED: Record<string, string> = Object.fromEntries(
  [...'-0123456789'].map((sign, i) => [sign, [...'⁻⁰¹²³⁴⁵⁶⁷⁸⁹'][i] ?? '']),
);

/** Seconds as 45 s, 3 min 20 s or 2 h 5 min. */
export function inTime(seconds: number): string {
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole} s`;
  const minutes = Math.floor(whole / 60);
  if (minutes < 60) return `${minutes} min ${whole % 60} s`;
  return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

/** A setting's value as it is typed; nothing for none. */
export function asText(value: unknown): string {
  if (Array.isArray(value)) return value.map(asText).join(',');
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean'
    ? String(value)
    : '';
}
