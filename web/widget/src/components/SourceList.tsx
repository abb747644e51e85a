import type { Citation } from "@jieda/api-client";
import { external } from "@jieda/ui/icons";
import { useState } from "preact/hooks";
import { citationHref } from "../citations";
import { Icon } from "../Icon";
import { useRoom } from "../room";

const AT_FIRST = 3;

/** Where an answer comes from: numbered as in the text, each opens at its passage in a new tab. */
export function SourceList({ citations }: { citations: Citation[] }) {
  const { origin, t } = useRoom();
  const [all, setAll] = useState(false);
  const shown = all ? citations : citations.slice(0, AT_FIRST);
  const rest = citations.length - shown.length;
  return (
    <ul class="w-sources" aria-label={t("sources")}>
      {shown.map((citation) => (
        <li key={citation.n}>
          <a class="w-source" href={citationHref(citation, origin)} target="_blank" rel="noopener" title={citation.quote} data-testid="widget-citation">
            <span class="w-source__n">{citation.n}</span>
            <span class="w-source__title">{citation.title}</span>
            {citation.locator?.page && <span class="w-source__page">{t("page", { n: citation.locator.page })}</span>}
            <span class="jd-visually-hidden">{t("new_tab")}</span>
            <Icon of={external} size={14} />
          </a>
        </li>
      ))}
      {rest > 0 && (
        <li>
          <button type="button" class="w-link" onClick={() => setAll(true)}>
            {t("more_sources", { n: rest })}
          </button>
        </li>
      )}
    </ul>
  );
}
