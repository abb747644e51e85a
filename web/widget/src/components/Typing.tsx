export function Typing({ text, testid }: { text: string; testid: string }) {
  return (
    <p class="w-typing" data-testid={testid}>
      <span class="w-dots" aria-hidden="true">
        <i />
        <i />
        <i />
      </span>
      {text}
    </p>
  );
}
