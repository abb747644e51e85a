import { parseMarkdown, type Block, type CitationLinks, type Inline, type ListItem } from "@jieda/ui/core";
import type { ComponentChildren } from "preact";
import { useMemo } from "preact/hooks";

type Props = { text: string; citations?: CitationLinks; class?: string };

/** Text with light formatting, built as nodes; nothing in `text` can become markup. */
export function RichText({ text, citations = {}, class: more = "" }: Props) {
  const blocks = useMemo(() => parseMarkdown(text), [text]);
  return <div class={`jd-rich ${more}`}>{blocks.map((block) => renderBlock(block, citations))}</div>;
}

function renderBlock(block: Block, links: CitationLinks) {
  switch (block.type) {
    case "paragraph":
      return <p>{inline(block.children, links)}</p>;
    case "quote":
      return <blockquote>{inline(block.children, links)}</blockquote>;
    case "heading":
      return <p class="jd-rich__heading">{inline(block.children, links)}</p>;
    case "code":
      return (
        <pre tabIndex={0}>
          <code>{block.text}</code>
        </pre>
      );
    case "list":
      return block.ordered ? <ol start={block.start}>{items(block.items, links)}</ol> : <ul>{items(block.items, links)}</ul>;
    case "table":
      return table(block, links);
  }
}

function items(list: ListItem[], links: CitationLinks) {
  return list.map((item) => (
    <li>
      {inline(item.children, links)}
      {item.nested.map((nested) => renderBlock(nested, links))}
    </li>
  ));
}

function table(block: Extract<Block, { type: "table" }>, links: CitationLinks) {
  const head = block.head.map((cell) => <th scope="col">{inline(cell, links)}</th>);
  const rows = block.rows.map((row) => (
    <tr>
      {row.map((cell) => (
        <td>{inline(cell, links)}</td>
      ))}
    </tr>
  ));
  return (
    <div class="jd-rich__table" tabIndex={0}>
      <table>
        <thead>
          <tr>{head}</tr>
        </thead>
        <tbody>{rows}</tbody>
      </table>
    </div>
  );
}

function inline(nodes: Inline[], links: CitationLinks): ComponentChildren {
  return nodes.map((node) => {
    switch (node.type) {
      case "text":
        return node.text;
      case "code":
        return <code>{node.text}</code>;
      case "strong":
        return <strong>{inline(node.children, links)}</strong>;
      case "em":
        return <em>{inline(node.children, links)}</em>;
      case "link":
        return (
          <a href={node.href} target="_blank" rel="noopener noreferrer nofollow">
            {inline(node.children, links)}
          </a>
        );
      case "cite":
        return cite(node.n, links);
    }
  });
}

function cite(n: number, links: CitationLinks) {
  const link = links[n];
  if (!link) return `[${n}]`;
  return (
    <a class="jd-rich__cite" href={link.href} target="_blank" rel="noopener" title={link.title} aria-label={`[${n}] ${link.title}`}>
      {n}
    </a>
  );
}
