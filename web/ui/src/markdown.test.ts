import { mount } from "./testing";
import { describe, expect, test } from "vitest";
import JdRichText from "./components/JdRichText";
import { parseInline, parseMarkdown, plainText, safeHref } from "./markdown";

const render = (text: string, citations = {}) => mount(JdRichText, { text, citations });

describe("hostile text", () => {
  test.each([
    "<img src=x onerror=alert(1)>",
    "<script>alert(1)</script>",
    '**<svg onload="alert(1)">**',
    "`</code><script>alert(1)</script>`",
    "| <b onclick=x>a</b> | b |\n|---|---|\n| <iframe src=//evil> | c |",
    "- <a href=javascript:alert(1)>x</a>",
  ])("%s stays text", (text) => {
    const root = render(text);
    expect(root.querySelector("img,script,svg,iframe,b,a")).toBeNull();
    expect(root.innerHTML).toContain("&lt;");
  });

  test.each(["javascript:alert(1)", "JaVaScRiPt:alert(1)", "java\tscript:alert(1)", "data:text/html,x", "vbscript:x", "//evil.example", "/\\evil.example", "\u0001javascript:x"])(
    "a link to %j is refused",
    (href) => {
      expect(safeHref(href)).toBeNull();
      expect(render(`[click](${href})`).querySelector("a")).toBeNull();
    },
  );

  test("links open elsewhere without handing over the window", () => {
    const link = render("[docs](https://example.com/a)").querySelector("a");
    expect(link?.getAttribute("rel")).toContain("noopener");
    expect(link?.target).toBe("_blank");
  });

  test("a long line of unclosed marks is read in reasonable time", () => {
    const started = performance.now();
    parseMarkdown("**a".repeat(3000));
    parseMarkdown("[".repeat(20_000));
    parseMarkdown("*a ".repeat(8000));
    parseMarkdown("`a".repeat(8000) + "\n" + "|".repeat(8000) + "\n" + "-|".repeat(8000));
    expect(performance.now() - started).toBeLessThan(3000);
  });
});

describe("formatting", () => {
  test("paragraphs, lists, tables and code become their elements", () => {
    const root = render("One.\n\n1. first\n2. second\n   - deeper\n\n```\nx < 1\n```\n\n| a | b |\n|---|---|\n| 1 | 2 |");
    expect(root.querySelectorAll("p").length).toBe(1);
    expect(root.querySelectorAll("ol > li").length).toBe(2);
    expect(root.querySelector("ol ul li")?.textContent).toBe("deeper");
    expect(root.querySelector("pre code")?.textContent).toBe("x < 1");
    expect(root.querySelectorAll("tbody td").length).toBe(2);
  });

  test("numbers, model codes and parameters are not taken for formatting", () => {
    for (const text of ["1.5 kW is enough", "-10 °C", "P4_03_x and A*B*C", "2*3*4", "E-203"]) {
      expect(render(text).textContent).toBe(text);
      expect(render(text).querySelector("li,em,strong")).toBeNull();
    }
  });

  test("Chinese numbered steps make a list", () => {
    expect(render("1、断电\n2、等待 10 分钟").querySelectorAll("ol > li").length).toBe(2);
  });

  test("a code block still being streamed is shown as code", () => {
    expect(render("```\nP0-06 = 20").querySelector("pre")?.textContent).toBe("P0-06 = 20");
  });

  test("an address ends before Chinese punctuation and before a full stop", () => {
    expect(parseInline("见 https://a.example/x。下一步")[1]).toMatchObject({ href: "https://a.example/x" });
    expect(parseInline("see https://a.example/x.")[1]).toMatchObject({ href: "https://a.example/x" });
  });
});

test("a preview holds the words and none of the marks", () => {
  const source = "# Title\n\n**bold** [1] and [link](https://a.example)\n\n- one\n  - two\n\n| a | b |\n|---|---|\n| 1 | 2 |";
  expect(plainText(source)).toBe("Title bold and link one two a b 1 2");
});

describe("citation marks", () => {
  const links = { 1: { href: "/portal/articles/7?chunk=3", title: "Manual" } };
  test("a known number becomes a link to the passage, in either bracket", () => {
    const found = render("Yes [1], 是的【1】", links).querySelectorAll("a.jd-rich__cite");
    expect([...found].map((a) => a.getAttribute("href"))).toEqual([links[1].href, links[1].href]);
  });
  test("a number without citation stays as written", () => {
    expect(render("array[2] and [9]", links).textContent).toBe("array[2] and [9]");
  });
});
