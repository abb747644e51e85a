import { useLayoutEffect, useRef, useState } from "preact/hooks";

const NEAR_PX = 48;

/** Follows what is new only while the reader is at the end; someone reading further up is left in peace. */
export function useStickToEnd(ownTurns: number) {
  const box = useRef<HTMLDivElement>(null);
  const [atEnd, setAtEnd] = useState(true);
  const before = useRef(ownTurns);
  const toEnd = (smooth = false) => {
    const el = box.current;
    el?.scrollTo({ top: el.scrollHeight, behavior: smooth ? "smooth" : "auto" });
  };
  const onScroll = () => {
    const el = box.current;
    if (el) setAtEnd(el.scrollHeight - el.scrollTop - el.clientHeight < NEAR_PX);
  };
  useLayoutEffect(() => {
    const wroteSomething = ownTurns > before.current;
    before.current = ownTurns;
    if (atEnd || wroteSomething) toEnd();
  });
  return { box, atEnd, onScroll, toEnd };
}
