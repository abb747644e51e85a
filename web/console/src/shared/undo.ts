import { ElMessage } from "element-plus";
import { h } from "vue";
import { t } from "../app/i18n";
import { problemText } from "../app/problems";

/** Says what was done and offers to take it back for as long as the message stands. */
export function offerUndo(message: string, undo: () => Promise<void>): void {
  const shown = ElMessage({
    type: "success",
    duration: 8_000,
    showClose: true,
    message: h("span", [
      `${message} `,
      h(
        "button",
        {
          type: "button",
          class: "link",
          "data-testid": "undo",
          onClick: () => {
            shown.close();
            undo().catch((error: unknown) => ElMessage.error(problemText(error)));
          },
        },
        t("common.undo"),
      ),
    ]),
  });
}
