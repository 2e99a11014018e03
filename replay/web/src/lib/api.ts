// The one place that speaks HTTP. Every call may throw ApiError, or AbortError where a signal is given.
import type {
  ConversationPage, ConversationTree, Density, EntryPage, EntryWithAncestors, Hashtag, HashtagDetail, HitPage,
} from './types.ts';

export class ApiError extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    message: string,
  ) {
    super(message);
    this.name = 'ApiError';
  }
}

type Params = Record<string, string | number | boolean | null | undefined>;

export const kPageLimit = 200;

function path(parts: string[], params: Params = {}): string {
  const query = new URLSearchParams();
  for (const [key, value] of Object.entries(params)) {
    if (value !== null && value !== undefined && value !== '') query.set(key, String(value));
  }
  const text = query.toString();
  return `v1/${parts.map(encodeURIComponent).join('/')}${text === '' ? '' : `?${text}`}`;
}

// A server that is busy names when to ask again; it is asked twice more, and not waited for long.
const kRetries = 2;
const kRetryMsMax = 5_000;

async function get<T>(url: string, signal?: AbortSignal): Promise<T> {
  for (let attempt = 0; ; attempt += 1) {
    const response = await request(url, signal);
    const body: unknown = await response.json().catch(() => null);
    if (response.ok && body !== null) return body as T;
    if ((response.status === 429 || response.status === 503) && attempt < kRetries) {
      const seconds = Number(response.headers.get('retry-after') ?? 1);
      await wait(Math.min(kRetryMsMax, (Number.isFinite(seconds) ? seconds : 1) * 1_000), signal);
      continue;
    }
    const error = (body as { error?: { code?: string; message?: string } } | null)?.error;
    throw new ApiError(
      response.status,
      error?.code ?? 'failed',
      error?.message ?? `The server answered with ${response.status}.`,
    );
  }
}

async function request(url: string, signal?: AbortSignal): Promise<Response> {
  try {
    return await fetch(url, { headers: { accept: 'application/json' }, credentials: 'omit', signal });
  } catch (error) {
    if (error instanceof DOMException && error.name === 'AbortError') throw error;
    throw new ApiError(0, 'unreachable', 'The server cannot be reached.');
  }
}

function wait(ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(resolve, ms);
    signal?.addEventListener('abort', () => {
      clearTimeout(timer);
      reject(new DOMException('Cancelled', 'AbortError'));
    }, { once: true });
  });
}

export interface EntryQuery {
  session?: string;
  conversation?: string;
  author?: string;
  late?: boolean;
  from?: string;
  to?: string;
  order?: 'asc' | 'desc';
  cursor?: string | null;
  limit?: number;
}

export interface ConversationQuery {
  session?: string;
  sort?: 'first' | 'size' | 'recent';
  open?: boolean;
  cursor?: string | null;
  limit?: number;
}

export const api = {
  hashtags: (cursor: string | null, signal?: AbortSignal) =>
    get<{ hashtags: Hashtag[]; next: string | null }>(path(['hashtags'], { cursor }), signal),
  hashtag: (tag: string, signal?: AbortSignal) => get<HashtagDetail>(path(['hashtags', tag]), signal),
  density: (tag: string, from: string, to: string, buckets: number, signal?: AbortSignal) =>
    get<Density>(path(['hashtags', tag, 'density'], { from, to, buckets }), signal),
  entries: (tag: string, query: EntryQuery, signal?: AbortSignal) =>
    get<EntryPage>(path(['hashtags', tag, 'entries'], { ...query }), signal),
  entry: (tag: string, n: string, signal?: AbortSignal) =>
    get<EntryWithAncestors>(path(['hashtags', tag, 'entries', n]), signal),
  conversations: (tag: string, query: ConversationQuery, signal?: AbortSignal) =>
    get<ConversationPage>(path(['hashtags', tag, 'conversations'], { ...query }), signal),
  conversation: (tag: string, id: string, signal?: AbortSignal) =>
    get<ConversationTree>(path(['hashtags', tag, 'conversation'], { id }), signal),
  search: (tag: string | null, q: string, cursor: string | null, signal?: AbortSignal) =>
    get<HitPage>(path(tag === null ? ['search'] : ['hashtags', tag, 'search'], { q, cursor }), signal),
  // An address for people: the entries of a hashtag as data.
  entriesUrl: (tag: string, query: EntryQuery = {}) => path(['hashtags', tag, 'entries'], { ...query }),
};
