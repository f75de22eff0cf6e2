/** Dark, light, or as the system has it. */
import { useEffect, useState } from 'preact/hooks';

const THEMES = ['system', 'light', 'dark'] as const;
type Theme = (typeof THEMES)[number];
const KEPT = 'wheatfield-theme';

export function Theme() {
  const [theme, setTheme] = useState<Theme>(kept);
  useEffect(() => {
    document.documentElement.style.colorScheme = theme === 'system' ? 'light dark' : theme;
    document.documentElement.dataset.theme = theme;
    try {
      localStorage.setItem(KEPT, theme);
    } catch {
      // Then it is chosen anew the next time.
    }
    dispatchEvent(new Event('themechange'));
  }, [theme]);
  return (
    <label class="theme">
      <span class="unseen">Colours of the page</span>
      <select value={theme} onChange={(event) => setTheme(event.currentTarget.value as Theme)}>
        {THEMES.map((each) => (
          <option value={each}>{each}</option>
        ))}
      </select>
    </label>
  );
}

function kept(): Theme {
  try {
    return THEMES.find((each) => each === localStorage.getItem(KEPT)) ?? 'system';
  } catch {
    return 'system';
  }
}
