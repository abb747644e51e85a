import type { Pending } from "@jieda/api-client";
import { useRoom } from "../room";

/** A turn on its way, or one that did not get through. */
export function WaitingTurn({ entry }: { entry: Pending }) {
  const { client, view, t } = useRoom();
  const failed = entry.state === "failed";
  return (
    <div class={`w-turn w-turn--user ${failed ? "w-turn--failed" : ""}`} data-testid="widget-turn" data-role="user" data-state={entry.state}>
      <p class="w-bubble">{entry.text}</p>
      {failed && (
        <p class="w-turn__note" role="alert">
          {t("not_sent")}{" "}
          <button type="button" class="w-link" data-testid="widget-resend" onClick={() => client.retry(entry.client_id)}>
            {t("resend")}
          </button>
        </p>
      )}
      {!failed && view.link === "offline" && <p class="w-turn__note">{t("sending")}</p>}
    </div>
  );
}
