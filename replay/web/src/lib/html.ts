// Content from outside. The server has sanitised it; this is the second line.
import createDOMPurify from 'dompurify';

const purify = createDOMPurify(window);

purify.addHook('afterSanitizeAttributes', (node) => {
  if (node instanceof HTMLAnchorElement) {
    node.target = '_blank';
    node.rel = 'noopener noreferrer nofollow ugc';
  }
});

const kTags = [
  'p', 'br', 'span', 'a', 'del', 's', 'ins', 'pre', 'code', 'blockquote', 'em', 'strong', 'b', 'i', 'u', 'ul', 'ol',
  'li', 'h1', 'h2', 'h3', 'h4', 'h5', 'h6', 'ruby', 'rt', 'rp', 'sub', 'sup',
];

export function safeHtml(html: string): string {
  return purify.sanitize(html, {
    ALLOWED_TAGS: kTags, ALLOWED_ATTR: ['href', 'lang', 'dir', 'class'], ALLOW_DATA_ATTR: false, ALLOW_ARIA_ATTR: false,
  });
}

const kBlocks = /<br\s*\/?>|<\/(?:p|div|blockquote|li|ul|ol|pre|h[1-6])>/gi;

export function textOf(html: string | null): string {
  if (html === null) return '';
  // An inert document: nothing in it runs or loads.
  const parsed = new DOMParser().parseFromString(html.replace(kBlocks, (tag) => `${tag}\n`), 'text/html');
  return (parsed.body.textContent ?? '').trim();
}

export function firstWords(text: string, max = 90): string {
  const flat = text.replace(/\s+/g, ' ').trim();
  if (flat.length <= max) return flat;
  const cut = flat.slice(0, max);
  const space = cut.lastIndexOf(' ');
  return `${cut.slice(0, space > max / 2 ? space : max)}…`;
}

export function countWords(text: string): number {
  const words = text.match(/[\p{L}\p{N}’']+/gu)?.length ?? 0;
  // Scripts without spaces: about two characters are read as one word.
  const dense = text.match(/[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}]/gu)?.length ?? 0;
  return Math.max(words, Math.round(dense / 2));
}

// Only what a browser may open; anything else is no link.
export function safeLink(url: string | null): string | null {
  return url !== null && /^https?:\/\//i.test(url) ? url : null;
}

const kRightToLeft = new Set(['ar', 'arc', 'ckb', 'dv', 'fa', 'he', 'ku-arab', 'ps', 'sd', 'syr', 'ug', 'ur', 'yi']);

export function directionOf(language: string | null): 'rtl' | 'ltr' | 'auto' {
  if (language === null) return 'auto';
  const tag = language.toLowerCase();
  return kRightToLeft.has(tag) || kRightToLeft.has(tag.split('-')[0]!) ? 'rtl' : 'auto';
}
