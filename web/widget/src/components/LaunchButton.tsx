import { chat, minimize } from "@jieda/ui/icons";
import type { RefObject } from "preact";
import { Icon } from "../Icon";
import { useRoom } from "../room";

type Props = { button: RefObject<HTMLButtonElement | null>; open: boolean; onToggle: () => void };

export function LaunchButton({ button, open, onToggle }: Props) {
  const { t, view } = useRoom();
  const unread = open ? 0 : view.unread;
  const label = open ? t("launcher_close") : t("launcher_open") + (unread ? `, ${t("unread", { n: unread })}` : "");
  return (
    <button ref={button} type="button" class="w-launch" aria-label={label} aria-expanded={open} data-testid="widget-launcher" onClick={onToggle}>
      <Icon of={open ? minimize : chat} size={26} />
      {unread > 0 && (
        <span class="w-launch__badge" aria-hidden="true" data-testid="widget-unread">
          {unread > 9 ? "9+" : unread}
        </span>
      )}
    </button>
  );
}
