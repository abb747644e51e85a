import type { Dictionary } from "@jieda/ui";

export const forms = {
  "nav.forms": { zh: "表单", en: "Forms" },
  "forms.lead": { zh: "客户提交工单时填写的内容。改动生成新版本，旧工单保留提交时的表单。", en: "What customers fill in. A change makes a new version; older tickets keep the form they came with." },
  "forms.new": { zh: "新建表单", en: "New form" },
  "forms.title": { zh: "标题", en: "Title" },
  "forms.ticketKind": { zh: "工单种类", en: "Kind of ticket" },
  "forms.fields": { zh: "字段", en: "Fields" },
  "forms.offered": { zh: "对客户开放", en: "Offered" },
  "forms.preview": { zh: "预览", en: "Preview" },
  "forms.previewHint": { zh: "试着填写，条件字段会随之出现。", en: "Try it: fields with conditions come and go." },
  "forms.empty": { zh: "还没有表单", en: "No forms yet" },
  "forms.emptyHint": { zh: "新建一个，客户就能按它提交工单。", en: "Make one, and customers can open tickets with it." },
  "error.bad_form": { zh: "表单还不完整，请看标出的地方。", en: "The form is not complete yet; see what is marked." },
  "error.form_conflict": { zh: "同事刚刚改过这个表单，或标识已被使用。请刷新后再改。", en: "A colleague has edited this form, or the slug is taken. Reload it before you edit." },
} satisfies Dictionary;
