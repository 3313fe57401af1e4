// Light, dark, or as the system has it.

import { Monitor, Moon, Sun } from 'lucide-react';
import { Menu, MenuChoice } from '../design/menu';
import { chooseTheme, useThemeChoice } from '../design/theme';

const ICONS = { system: Monitor, light: Sun, dark: Moon };

export function ThemeMenu() {
  const choice = useThemeChoice();
  const Icon = ICONS[choice];
  return (
    <Menu
      trigger={
        <button
          type="button"
          aria-label={`Theme: ${choice}`}
          title={`Theme: ${choice}`}
          className="inline-flex size-9 items-center justify-center rounded text-bar-muted hover:text-bar-ink"
        >
          <Icon size={17} aria-hidden />
        </button>
      }
    >
      <MenuChoice
        value={choice}
        onChange={chooseTheme}
        choices={[
          ['system', 'As the system'],
          ['light', 'Light'],
          ['dark', 'Dark'],
        ]}
      />
    </Menu>
  );
}
