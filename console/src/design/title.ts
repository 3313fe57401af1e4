// The document's title: what the page is, and how many things need attention, so that a tab in the background says it.

let page = '';
let count = 0;

export function setTitle(title: string) {
  page = title;
  show();
}

export function setTitleCount(needed: number) {
  count = needed;
  show();
}

function show() {
  document.title = `${count > 0 ? `(${count}) ` : ''}${page} · Wharfinger`;
}
