import { defineComponent, h, type PropType, type VNode } from "vue";
import { parseMarkdown, type Block, type CitationLinks, type Inline } from "../markdown";

/** Text with light formatting, built as nodes; nothing in `text` can become markup. */
export default defineComponent({
  name: "JdRichText",
  props: {
    text: { type: String, required: true },
    citations: { type: Object as PropType<CitationLinks>, default: () => ({}) },
  },
  setup: (props) => () =>
    h(
      "div",
      { class: "jd-rich" },
      parseMarkdown(props.text).map((block) => renderBlock(block, props.citations)),
    ),
});

function renderBlock(block: Block, links: CitationLinks): VNode {
  switch (block.type) {
    case "paragraph":
      return h("p", inline(block.children, links));
    case "quote":
      return h("blockquote", inline(block.children, links));
    case "heading":
      return h("p", { class: "jd-rich__heading" }, inline(block.children, links));
    case "code":
      return h("pre", { tabindex: 0 }, [h("code", block.text)]);
    case "list":
      return h(block.ordered ? "ol" : "ul", block.ordered && block.start > 1 ? { start: block.start } : {}, items(block, links));
    case "table":
      return table(block, links);
  }
}

function items(block: Extract<Block, { type: "list" }>, links: CitationLinks): VNode[] {
  return block.items.map((item) =>
    h("li", [...inline(item.children, links), ...item.nested.map((nested) => renderBlock(nested, links))]),
  );
}

function table(block: Extract<Block, { type: "table" }>, links: CitationLinks): VNode {
  const head = h("tr", block.head.map((cell) => h("th", { scope: "col" }, inline(cell, links))));
  const rows = block.rows.map((row) => h("tr", row.map((cell) => h("td", inline(cell, links)))));
  return h("div", { class: "jd-rich__table", tabindex: 0 }, [h("table", [h("thead", [head]), h("tbody", rows)])]);
}

function inline(nodes: Inline[], links: CitationLinks): (VNode | string)[] {
  return nodes.map((node) => {
    switch (node.type) {
      case "text":
        return node.text;
      case "code":
        return h("code", node.text);
      case "strong":
      case "em":
        return h(node.type, inline(node.children, links));
      case "link":
        return h("a", { href: node.href, target: "_blank", rel: "noopener noreferrer nofollow" }, inline(node.children, links));
      case "cite":
        return cite(node.n, links);
    }
  });
}

function cite(n: number, links: CitationLinks): VNode | string {
  const link = links[n];
  if (!link) return `[${n}]`;
  const target = { href: link.href, target: "_blank", rel: "noopener", title: link.title, "aria-label": `[${n}] ${link.title}` };
  return h("a", { class: "jd-rich__cite", ...target }, String(n));
}
