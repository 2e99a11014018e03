// The address bar as state.
import { formatRoute, parseRoute, type Route } from './router.ts';

export const router = $state<{ route: Route; count: number }>({ route: parseRoute(location.search), count: 0 });

// A person pressed "Replay": it may begin to run. A link that is opened does not.
let playOnArrival = false;

export function takePlayOnArrival(): boolean {
  const play = playOnArrival;
  playOnArrival = false;
  return play;
}

export function go(route: Partial<Route>, play = false): void {
  playOnArrival = play;
  history.pushState(null, '', formatRoute(route));
  router.route = parseRoute(location.search);
  router.count += 1;
}

// Changes part of what is shown without a new place in the history.
export function amend(change: Partial<Route>): void {
  const route = { ...router.route, ...change };
  const address = formatRoute(route);
  if (address !== `./${location.search}`) history.replaceState(null, '', address);
  router.route = route;
}

export function listen(): () => void {
  const onPop = () => {
    router.route = parseRoute(location.search);
    router.count += 1;
  };
  // Plain links inside the page; everything else is the browser's.
  const onClick = (event: MouseEvent) => {
    if (event.defaultPrevented || event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
    const link = (event.target as Element | null)?.closest('a');
    if (!link || link.target !== '' || link.hasAttribute('download') || !link.getAttribute('href')?.startsWith('./')) return;
    if (link.pathname !== location.pathname) return;
    event.preventDefault();
    go(parseRoute(link.search), link.dataset.play !== undefined);
  };
  window.addEventListener('popstate', onPop);
  document.addEventListener('click', onClick);
  return () => {
    window.removeEventListener('popstate', onPop);
    document.removeEventListener('click', onClick);
  };
}
