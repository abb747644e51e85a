/** Colours derived from a vendor's `data-accent`, readable whatever they chose. */
type Rgb = [number, number, number];

const WHITE: Rgb = [255, 255, 255];
const LIGHT_SURFACE: Rgb = WHITE;
const DARK_SURFACE: Rgb = [25, 31, 38];
const DARK_INK: Rgb = [15, 22, 30];
const AA = 4.5;

/** Style rules for the shadow root, or "" when the value is not a hex colour (nothing else is let into the sheet). */
export function accentRules(value: string | null | undefined): string {
  const base = parseHex(value);
  if (!base) return "";
  const light = rules(base, readable(base, LIGHT_SURFACE), LIGHT_SURFACE);
  const dark = rules(readable(base, DARK_SURFACE), readable(base, DARK_SURFACE), DARK_SURFACE);
  return (
    `:host{${light}}` +
    `@media (prefers-color-scheme: dark){:host(:not([data-theme="light"])){${dark}}}` +
    `:host([data-theme="dark"]){${dark}}`
  );
}

function rules(fill: Rgb, ink: Rgb, surface: Rgb): string {
  const on = contrast(fill, WHITE) >= AA ? WHITE : DARK_INK;
  const away = surface === LIGHT_SURFACE ? ([0, 0, 0] as Rgb) : WHITE;
  return [
    `--jd-accent:${css(fill)}`,
    `--jd-accent-hover:${css(mix(fill, away, 0.14))}`,
    `--jd-accent-soft:${css(mix(surface, ink, 0.1))}`,
    `--jd-accent-line:${css(mix(surface, ink, 0.3))}`,
    `--jd-accent-ink:${css(ink)}`,
    `--jd-on-accent:${css(on)}`,
    `--jd-focus:${css(ink)}`,
  ].join(";");
}

export function parseHex(value: string | null | undefined): Rgb | null {
  const digits = /^#([0-9a-f]{3}|[0-9a-f]{6})$/i.exec(value?.trim() ?? "")?.[1];
  if (!digits) return null;
  const full = digits.length === 3 ? [...digits].map((digit) => digit + digit).join("") : digits;
  return [0, 2, 4].map((at) => Number.parseInt(full.slice(at, at + 2), 16)) as Rgb;
}

/** WCAG contrast ratio, 1 to 21. */
export function contrast(a: Rgb, b: Rgb): number {
  const [high, low] = [luminance(a), luminance(b)].sort((x, y) => y - x) as [number, number];
  return (high + 0.05) / (low + 0.05);
}

function luminance(colour: Rgb): number {
  const [r, g, b] = colour.map((part) => {
    const share = part / 255;
    return share <= 0.03928 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  }) as Rgb;
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

/** The colour moved away from the surface just far enough to be read as text on its soft tint, too. */
export function readable(colour: Rgb, surface: Rgb): Rgb {
  const away: Rgb = luminance(surface) > 0.4 ? [0, 0, 0] : WHITE;
  for (let share = 0; share < 1; share += 0.05) {
    const ink = mix(colour, away, share);
    if (contrast(ink, mix(surface, ink, 0.1)) >= AA) return ink;
  }
  return away;
}

function mix(a: Rgb, b: Rgb, share: number): Rgb {
  return a.map((part, at) => Math.round(part + ((b[at] ?? 0) - part) * share)) as Rgb;
}

function css(colour: Rgb): string {
  return `rgb(${colour.join(" ")})`;
}
