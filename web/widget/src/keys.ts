/**
 * Enter sends and Shift+Enter breaks the line, but never while an input method is composing: there Enter picks the
 * word. Safari ends composition before it reports the key, so the old code 229 is checked as well.
 */
export function sendsOnEnter(event: Pick<KeyboardEvent, "key" | "shiftKey" | "isComposing" | "keyCode">): boolean {
  return event.key === "Enter" && !event.shiftKey && !event.isComposing && event.keyCode !== 229;
}
