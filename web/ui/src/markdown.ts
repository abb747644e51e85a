/**
 * A small, safe subset of Markdown: paragraphs, headings, lists, code, tables, quotes; bold, emphasis, links and
 * citation marks. It yields a tree, never HTML, so text from anyone can be shown without a sanitiser.
 */
export type Inline =
  | { type: "text"; text: string }
  | { type: "code"; text: string }
  | { type: "strong" | "em"; children: Inline[] }
  | { type: "link"; href: string; children: Inline[] }
  | { type: "cite"; n: number };

export type Block =
  | { type: "paragraph" | "quote"; children: Inline[] }
  | { type: "heading"; level: number; children: Inline[] }
  | { type: "code"; text: string }
  | { type: "list"; ordered: boolean; start: number; items: ListItem[] }
  | { type: "table"; head: Inline[][]; rows: Inline[][][] };

export type ListItem = { children: Inline[]; nested: Block[] };

/** Where a citation mark leads; marks without an entry stay plain text. */
export type CitationLinks = Record<number, { href: string; title: string }>;

const FENCE = /^\s*(```|~~~)/;
const HEADING = /^(#{1,6})\s+(.*)$/;
const ITEM = /^(\s*)([-*+•]|\d{1,3}[.)、])\s*(?=\S)(.*)$/;
const RULE = /^\s*\|?\s*:?-{2,}:?\s*(\|\s*:?-{2,}:?\s*)*\|?\s*$/;

export function parseMarkdown(source: string): Block[] {
  const lines = source.replace(/\r\n?/g, "\n").split("\n");
  const blocks: Block[] = [];
  let at = 0;
  while (at < lines.length) {
    const [block, next] = readBlock(lines, at);
    if (block) blocks.push(block);
    at = next;
  }
  return blocks;
}

function readBlock(lines: string[], at: number): [Block | null, number] {
  const line = lines[at] ?? "";
  if (!line.trim()) return [null, at + 1];
  if (FENCE.test(line)) return readCode(lines, at);
  const heading = HEADING.exec(line);
  if (heading) {
    const level = heading[1]?.length ?? 1;
    return [{ type: "heading", level, children: parseInline(heading[2] ?? "") }, at + 1];
  }
  if (isTable(lines, at)) return readTable(lines, at);
  if (isItem(line)) return readList(lines, at, indentOf(line));
  if (/^\s*>/.test(line)) return readQuote(lines, at);
  return readParagraph(lines, at);
}

function readCode(lines: string[], at: number): [Block, number] {
  const mark = FENCE.exec(lines[at] ?? "")?.[1] ?? "```";
  let end = at + 1;
  while (end < lines.length && !(lines[end] ?? "").trimStart().startsWith(mark)) end += 1;
  // An answer still being streamed has no closing fence yet; what is there is code all the same.
  return [{ type: "code", text: lines.slice(at + 1, end).join("\n") }, end + 1];
}

function isTable(lines: string[], at: number): boolean {
  return (lines[at] ?? "").includes("|") && RULE.test(lines[at + 1] ?? "") && (lines[at + 1] ?? "").includes("-");
}

function readTable(lines: string[], at: number): [Block, number] {
  const head = cells(lines[at] ?? "");
  const rows: Inline[][][] = [];
  let end = at + 2;
  while (end < lines.length && (lines[end] ?? "").includes("|")) {
    const row = cells(lines[end] ?? "");
    rows.push(head.map((_, column) => row[column] ?? []));
    end += 1;
  }
  return [{ type: "table", head, rows }, end];
}

function cells(line: string): Inline[][] {
  const inner = line.trim().replace(/\\\|/g, "\uE000").replace(/^\||\|$/g, "");
  return inner.split("|").map((cell) => parseInline(cell.replace(/\uE000/g, "|").trim()));
}

function indentOf(line: string): number {
  return /^\s*/.exec(line)?.[0].replace(/\t/g, "    ").length ?? 0;
}

/** "1.5 kW" and "-10 °C" open no list: a mark needs a space after it, except after the Chinese "、". */
function isItem(line: string): boolean {
  return ITEM.test(line) && /^\s*([-*+•]\s|\d{1,3}[.)]\s|\d{1,3}、)/.test(line);
}

function readList(lines: string[], at: number, indent: number): [Block, number] {
  const first = markOf(lines[at]);
  const items: ListItem[] = [];
  let end = at;
  while (end < lines.length) {
    const next = extendList(lines, end, { indent, ordered: first.ordered, items });
    if (next === end) break;
    end = next;
  }
  return [{ type: "list", ordered: first.ordered, start: first.start, items }, Math.max(end, at + 1)];
}

function markOf(line = ""): { ordered: boolean; start: number; text: string } {
  const [, , mark = "", text = ""] = ITEM.exec(line) ?? [];
  return { ordered: /\d/.test(mark), start: Number.parseInt(mark, 10) || 1, text };
}

type OpenList = { indent: number; ordered: boolean; items: ListItem[] };

/** Takes the next line into the list; returns the same index when the list has ended. */
function extendList(lines: string[], at: number, { indent, ordered, items }: OpenList): number {
  const line = lines[at] ?? "";
  const last = items[items.length - 1];
  const deeper = indentOf(line) > indent + 1;
  if (deeper && last && line.trim()) return extendItem(lines, at, last);
  if (deeper || indentOf(line) < indent || !isItem(line)) return at;
  const mark = markOf(line);
  if (mark.ordered !== ordered) return at;
  items.push({ children: parseInline(mark.text), nested: [] });
  return at + 1;
}

function extendItem(lines: string[], at: number, item: ListItem): number {
  const line = lines[at] ?? "";
  if (isItem(line)) {
    const [nested, next] = readList(lines, at, indentOf(line));
    item.nested.push(nested);
    return next;
  }
  item.children.push({ type: "text", text: "\n" }, ...parseInline(line.trim()));
  return at + 1;
}

function readQuote(lines: string[], at: number): [Block, number] {
  let end = at;
  while (end < lines.length && /^\s*>/.test(lines[end] ?? "")) end += 1;
  const text = lines.slice(at, end).map((line) => line.replace(/^\s*>\s?/, ""));
  return [{ type: "quote", children: parseInline(text.join("\n")) }, end];
}

function readParagraph(lines: string[], at: number): [Block, number] {
  let end = at + 1;
  while (end < lines.length && continues(lines, end)) end += 1;
  return [{ type: "paragraph", children: parseInline(lines.slice(at, end).join("\n")) }, end];
}

function continues(lines: string[], at: number): boolean {
  const line = lines[at] ?? "";
  return !!line.trim() && !FENCE.test(line) && !HEADING.test(line) && !isItem(line) && !/^\s*>/.test(line) && !isTable(lines, at);
}

// Order matters: code first, so that nothing inside it is read as formatting. No look-behind: Safari before 16.4
// refuses the whole script over one.
const INLINE =
  /`([^`\n]+)`|\*\*(?=\S)([^\n]+?)\*\*|\*((?=[^\s*])[^*\n]*[^\s*])\*(?![\w*])|\[([^\]\n]{1,300})\]\(([^()\s]{1,2000})\)|[[【](\d{1,2})[\]】]|(https?:\/\/[^\s<>"'`，。；：！？、）】》]+)/;

export function parseInline(text: string): Inline[] {
  const parts: Inline[] = [];
  let rest = text;
  for (let match = INLINE.exec(rest); match; match = INLINE.exec(rest)) {
    if (match.index) parts.push({ type: "text", text: rest.slice(0, match.index) });
    const taken = insideWord(match, rest) ? { node: plain("*"), length: 1 } : inlineOf(match);
    parts.push(taken.node);
    rest = rest.slice(match.index + taken.length);
  }
  if (rest) parts.push({ type: "text", text: rest });
  return parts;
}

/** "2*3*4" is arithmetic, not emphasis. */
function insideWord(match: RegExpExecArray, text: string): boolean {
  return match[3] !== undefined && match.index > 0 && /[\w*]/.test(text[match.index - 1] ?? "");
}

function plain(text: string): Inline {
  return { type: "text", text };
}

function inlineOf(match: RegExpExecArray): { node: Inline; length: number } {
  const [whole, code, strong, em, label, href, cite, url] = match;
  const length = whole.length;
  if (code !== undefined) return { node: { type: "code", text: code }, length };
  if (strong !== undefined) return { node: { type: "strong", children: parseInline(strong) }, length };
  if (em !== undefined) return { node: { type: "em", children: parseInline(em) }, length };
  if (cite !== undefined) return { node: { type: "cite", n: Number(cite) }, length };
  if (url !== undefined) {
    const clean = url.replace(/[.,;:!?)\]}]+$/, ""); // the full stop after an address is not part of it
    return { node: { type: "link", href: clean, children: [{ type: "text", text: clean }] }, length: clean.length };
  }
  const safe = safeHref(href ?? "");
  const children: Inline[] = [{ type: "text", text: label ?? "" }];
  return { node: safe ? { type: "link", href: safe, children } : { type: "text", text: whole }, length };
}

/** A text without its formatting, on one line: for previews in lists. */
export function plainText(source: string): string {
  return parseMarkdown(source).map(blockText).join(" ").replace(/\s+/g, " ").trim();
}

function blockText(block: Block): string {
  if (block.type === "code") return block.text;
  if (block.type === "table") return [block.head, ...block.rows].flat().map(inlineText).join(" ");
  if (block.type !== "list") return inlineText(block.children);
  return block.items.map((item) => [inlineText(item.children), ...item.nested.map(blockText)].join(" ")).join(" ");
}

function inlineText(nodes: Inline[]): string {
  return nodes.map((node) => ("children" in node ? inlineText(node.children) : "text" in node ? node.text : "")).join("");
}

/** The address if a click on it is harmless (web, mail, phone, or a path of this site), else null. */
export function safeHref(href: string): string | null {
  // Browsers skip control characters inside a scheme ("java\nscript:"), so they are refused outright.
  if (/[\u0000-\u0020\u007f]/.test(href)) return null;
  if (/^(https?:\/\/|mailto:|tel:)/i.test(href)) return href;
  return /^(\/(?![/\\])|#)/.test(href) ? href : null;
}
