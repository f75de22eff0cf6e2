/** What this tab remembers over a reload. */

const PREFIX = 'wheatfield-';

export function kept<T>(name: string): T | undefined {
  try {
    return (JSON.parse(sessionStorage.getItem(PREFIX + name) ?? 'null') as T | null) ?? undefined;
  } catch {
    return undefined;
  }
}

export function keep(name: string, value: unknown): void {
  try {
    sessionStorage.setItem(PREFIX + name, JSON.stringify(value));
  } catch {
    // A browser that keeps nothing for pages in a frame: then a reload begins anew.
  }
}
