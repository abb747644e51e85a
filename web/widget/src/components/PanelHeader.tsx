import { close, headset } from "@jieda/ui/icons";
import { Icon } from "../Icon";
import type { Handoff } from "../hooks";
import { useRoom, type Room } from "../room";

type Props = { title: string; handoff: Handoff; onClose: () => void };

export function PanelHeader({ title, handoff, onClose }: Props) {
  const room = useRoom();
  const { t, view } = room;
  return (
    <div class="w-head">
      <div class="w-head__text">
        <h2 class="w-head__title">{title}</h2>
        <p class="w-head__status" data-testid="widget-status">
          <span class="w-head__dot" data-state={view.head?.state ?? "bot"} aria-hidden="true" />
          {status(room)}
        </p>
      </div>
      {handoff.offered && (
        <button type="button" class="jd-btn jd-btn--secondary jd-btn--small w-head__handoff" disabled={handoff.busy} data-testid="widget-handoff" onClick={handoff.start}>
          <Icon of={headset} size={17} />
          {handoff.busy ? t("handoff_busy") : t("handoff")}
        </button>
      )}
      <button type="button" class="jd-btn jd-btn--ghost jd-btn--small jd-btn--icon" aria-label={t("close")} title={t("close")} data-testid="widget-close" onClick={onClose}>
        <Icon of={close} />
      </button>
    </div>
  );
}

function status({ t, view }: Room): string {
  const { state, agent } = view.head ?? {};
  if (state === "agent") return agent ? t("status_agent", { name: agent.name }) : t("status_agent_unnamed");
  if (state === "waiting") return t("status_waiting");
  return state === "resolved" ? t("status_resolved") : t("status_bot");
}
