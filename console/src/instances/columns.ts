// The columns of the table, as grids of three widths: the row and its head share them, so that they cannot differ.
// On a narrow screen a row is a small card of two lines with what matters most.

export const GRID =
  'grid items-center gap-x-3 px-3 grid-cols-[1.25rem_minmax(0,1fr)_auto] ' +
  'md:grid-cols-[1.25rem_minmax(8rem,2fr)_7.5rem_minmax(8rem,1.4fr)_minmax(6rem,1fr)_4.5rem] ' +
  'wide:grid-cols-[1.25rem_minmax(10rem,1.8fr)_7.5rem_minmax(9rem,1.3fr)_minmax(6rem,1fr)_minmax(6rem,1fr)_4.5rem_minmax(12rem,1.8fr)]';

/** Only where there is room for it. */
export const FROM_MEDIUM = 'hidden md:block';
export const FROM_WIDE = 'hidden wide:block';

/** The height of a row, in pixels: as the classes of `row.tsx` make it. */
export const ROW_HEIGHT = 44;
export const CARD_HEIGHT = 64;
