// One polite line for screen readers: at most a message in five seconds, the newest wins.
const kEveryMs = 5_000;

export const status = $state({ text: '' });

let saidAt = -Infinity;
let timer: ReturnType<typeof setTimeout> | null = null;
let waiting = '';

export function say(text: string): void {
  waiting = text;
  if (timer !== null) return;
  const rest = saidAt + kEveryMs - performance.now();
  if (rest <= 0) flush();
  else timer = setTimeout(flush, rest);
}

function flush(): void {
  timer = null;
  saidAt = performance.now();
  status.text = waiting;
}
