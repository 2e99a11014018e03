// The answers of the HTTP API (docs/http-api.md), as they come over the wire.

export interface Session {
  id: string;
  first: string | null;
  last: string | null;
  ends: string;
  event: string | null;
  entries: number;
  participants: number;
  conversations: number;
  late: number;
}

export interface Hashtag {
  hashtag: string;
  display: string;
  entries: number;
  conversations: number;
  participants: number;
  reposts: number;
  late: number;
  first: string | null;
  last: string | null;
  events: Session[];
}

export interface CoverageRange {
  from: string;
  to: string;
  complete: boolean;
  why: string | null;
}

export interface Coverage {
  source: string;
  ranges: CoverageRange[];
}

export interface HashtagDetail extends Hashtag {
  sessions: Session[];
  coverage: Coverage[];
}

export interface Author {
  id: string;
  handle: string | null;
  name: string | null;
  url: string | null;
}

export interface Attachment {
  type: string | null;
  mediaType: string | null;
  url: string;
  name: string | null;
}

export interface Entry {
  n: string;
  id: string;
  url: string | null;
  published: string;
  updated: string | null;
  author: Author | null;
  parent: string | null;
  parent_n: string | null;
  conversation: string;
  depth: number;
  session: string | null;
  late_by_s: number | null;
  via: 'tag' | 'thread';
  deleted: boolean;
  replies: number;
  reposts: number;
  content: string | null;
  summary: string | null;
  language: string | null;
  sensitive: boolean;
  quote: string | null;
  tags: { type: string; name: string; href: string | null }[];
  attachments: Attachment[];
  source_host: string | null;
}

export interface EntryWithAncestors extends Entry {
  ancestors: Entry[];
}

export interface Hit extends Entry {
  snippet: string; // plain text around the first word that was found
  hashtag: string;
}

export interface PlaceholderNode {
  placeholder: true;
  id: string;
  depth: number;
  parent: string | null;
}

export type Node = Entry | PlaceholderNode;

export interface Conversation {
  id: string;
  root_known: boolean;
  entries: number;
  participants: number;
  first: string;
  last: string;
  late: number;
  open: boolean;
  root: Entry | null;
  text: string;
}

export interface ConversationTree extends Conversation {
  nodes: Node[];
}

export interface Density {
  from: string;
  to: string;
  bucket_ms: number;
  posts: number[];
  late: number[];
  reposts: number[];
}

export interface EntryPage {
  entries: Entry[];
  next: string | null;
}

export interface ConversationPage {
  conversations: Conversation[];
  next: string | null;
}

export interface HitPage {
  hits: Hit[];
  next: string | null;
}

export function isPlaceholder(node: Node): node is PlaceholderNode {
  return 'placeholder' in node;
}
