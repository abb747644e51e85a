import type { Dictionary } from "@jieda/ui/core";

export const messages = {
  title: { zh: "相关资料", en: "Relevant articles" },
  checklist: { zh: "先自查一下", en: "Check first" },
  page: { zh: "第 {n} 页", en: "page {n}" },
  kind_faq: { zh: "问答", en: "FAQ" },
  kind_guide: { zh: "指南", en: "Guide" },
  kind_manual: { zh: "手册", en: "Manual" },
} satisfies Dictionary;
