import type { Dictionary } from "@jieda/ui";

export const login = {
  "login.title": { zh: "登录工作台", en: "Sign in to the console" },
  "login.lead": { zh: "先由知识库回答，需要时由人接手。", en: "Answers first, people when it matters." },
  "login.email": { zh: "邮箱", en: "E-mail" },
  "login.password": { zh: "密码", en: "Password" },
  "login.submit": { zh: "登录", en: "Sign in" },
  "login.samples": { zh: "示例账号", en: "Sample log-ins" },
  "login.samplesHint": { zh: "点一下即可填入", en: "One tap fills in the form" },
  "login.missing": { zh: "请填写邮箱和密码。", en: "Please enter e-mail and password." },
} satisfies Dictionary;
