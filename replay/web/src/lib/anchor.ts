// Nothing that is being read moves: changes the page and keeps `element` where it was on screen.
import { tick } from 'svelte';

export async function keepInPlace(element: Element | null, change: () => void | Promise<void>): Promise<void> {
  const before = element?.getBoundingClientRect().top ?? 0;
  await change();
  await tick();
  if (!element?.isConnected) return;
  const moved = element.getBoundingClientRect().top - before;
  if (moved !== 0) scrollParent(element).scrollBy({ top: moved, behavior: 'instant' });
}

export function scrollParent(element: Element): Element {
  for (let node = element.parentElement; node; node = node.parentElement) {
    const overflow = getComputedStyle(node).overflowY;
    if ((overflow === 'auto' || overflow === 'scroll') && node.scrollHeight > node.clientHeight && node !== document.body) return node;
  }
  return document.scrollingElement ?? document.documentElement;
}
