/** A line icon; `of` is one of the constants in @jieda/ui/icons, so that unused ones are not shipped. */
export function Icon({ of, size = 18 }: { of: readonly string[]; size?: number }) {
  return (
    <svg
      class="jd-icon"
      width={size}
      height={size}
      viewBox="0 0 24 24"
      fill="none"
      stroke="currentColor"
      stroke-width="1.75"
      stroke-linecap="round"
      stroke-linejoin="round"
      aria-hidden="true"
    >
      {of.map((path) => (
        <path d={path} />
      ))}
    </svg>
  );
}
