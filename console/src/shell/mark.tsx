// The name, with a bollard at the waterline; it leads to the instances.

import { Link } from '@tanstack/react-router';

export function Mark() {
  return (
    <Link to="/" className="flex h-12 items-center gap-2 font-semibold text-[1.1rem] tracking-tight">
      <svg viewBox="0 0 32 32" width="24" height="24" aria-hidden="true">
        <path d="M10 5h12v5h-3v10h-6V10h-3z" fill="currentColor" />
        <path
          d="M3.5 26q3-3.5 6.250 0t6.250 0 6.250 0 6.250 0"
          fill="none"
          stroke="var(--bar-signal)"
          strokeWidth="2.6"
          strokeLinecap="round"
        />
      </svg>
      Wharfinger
    </Link>
  );
}
