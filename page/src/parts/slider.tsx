/** A part of a whole, from 0 to 100 %, with its value beside it. */
export interface SliderProps {
  label: string;
  value: number;
  onChange: (value: number) => void;
  isDisabled?: boolean;
}

export function Slider({ label, value, onChange, isDisabled }: SliderProps) {
  return (
    <label class="wide">
      <span>
        {label} <span class="value">{value} %</span>
      </span>
      <input
        type="range"
        min={0}
        max={100}
        value={value}
        disabled={isDisabled}
        onInput={(event) => onChange(event.currentTarget.valueAsNumber)}
      />
    </label>
  );
}
