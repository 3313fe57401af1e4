// Where one can go. On a narrow screen it is a second line of the bar.

import { Link } from '@tanstack/react-router';
import { ExternalLink } from 'lucide-react';
import { useAttention } from '../attention/attention';

const PLACES = [
  ['Instances', '/', true],
  ['Templates', '/templates', false],
  ['Plugins', '/plugins', false],
  ['Provisioners', '/provisioners', false],
] as const;

const LOOK =
  'flex h-10 items-center border-b-2 border-transparent px-1.5 text-bar-muted hover:text-bar-ink sm:px-2.5 md:h-12';

export function Navigation() {
  return (
    <nav
      aria-label="Console"
      className="order-last -mx-1.5 w-full overflow-x-auto md:order-none md:mx-0 md:w-auto"
    >
      <ul className="flex whitespace-nowrap max-sm:justify-between">
        {PLACES.map(([label, to, exact]) => (
          <li key={label} className="relative">
            <Link
              to={to}
              activeOptions={{ exact, includeSearch: false }}
              className={LOOK}
              activeProps={{ className: 'border-bar-signal! font-medium text-bar-ink!' }}
            >
              {label}
            </Link>
            {to === '/' && <AttentionCount />}
          </li>
        ))}
        <li>
          <a href="/docs" className={LOOK}>
            API <ExternalLink size={13} aria-hidden className="ml-1 max-sm:hidden" />
          </a>
        </li>
      </ul>
    </nav>
  );
}

/** How many things need attention; they are listed on top of the instances. It takes no room of its own. */
function AttentionCount() {
  const { count } = useAttention();
  if (count === 0) return null;
  return (
    <span
      title={`${count} need attention`}
      className="pointer-events-none absolute top-0 right-0 inline-flex h-4 min-w-4 translate-x-2/3 items-center justify-center rounded-full bg-bar-signal px-1 font-semibold text-[0.72rem] text-bar md:top-1 md:translate-x-1/2"
    >
      {count > 99 ? '99+' : count}
      <span className="sr-only"> need attention</span>
    </span>
  );
}
