// Single keys, inside the page only: not while writing, not with a modifier of the system.
export const kKeys: readonly [keys: string, does: string][] = [
  ['Space', 'play or pause'],
  ['← →', 'one post back or on'],
  ['Shift ← →', 'previous or next session'],
  ['j k', 'next or previous conversation'],
  ['Enter', 'open the thread of the post in focus'],
  ['o', 'open the post in focus where it was written'],
  ['r', 'answer it'],
  ['Esc', 'close what is open'],
  ['/', 'search'],
  ['?', 'these keys'],
];

export function isWriting(target: EventTarget | null): boolean {
  return target instanceof HTMLElement
    && (target.isContentEditable || /^(?:TEXTAREA|SELECT)$/.test(target.tagName)
      || (target instanceof HTMLInputElement && !/^(?:checkbox|radio|button|submit)$/.test(target.type)));
}

// Elements that use Space themselves.
export function usesSpace(target: EventTarget | null): boolean {
  return target instanceof Element && target.closest('button, a, input, select, textarea, summary, [role=slider]') !== null;
}

// Moves the focus among the elements that match, from the one in focus or the first on screen.
export function moveFocus(selector: string, step: 1 | -1): void {
  const all = [...document.querySelectorAll<HTMLElement>(selector)].filter((element) => element.offsetParent !== null);
  if (all.length === 0) return;
  const current = all.findIndex((element) => element === document.activeElement || element.contains(document.activeElement));
  let index = current + step;
  if (current < 0) {
    index = all.findIndex((element) => element.getBoundingClientRect().top >= 60);
    if (index < 0) index = all.length - 1;
  }
  const target = all[Math.max(0, Math.min(all.length - 1, index))]!;
  target.focus({ preventScroll: true });
  target.scrollIntoView({ block: 'nearest' });
}
