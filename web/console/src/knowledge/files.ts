/** A file to upload and the path it had in the folder it came from. */
export type Chosen = { path: string; file: File };

type Entry = {
  isFile: boolean;
  isDirectory: boolean;
  fullPath: string;
  file?: (done: (file: File) => void, failed: (error: unknown) => void) => void;
  createReader?: () => { readEntries: (done: (entries: Entry[]) => void, failed: (error: unknown) => void) => void };
};

export function fromInput(files: Iterable<File>): Chosen[] {
  return [...files].map((file) => ({ path: file.webkitRelativePath || file.name, file }));
}

/** What was dropped; folders are walked through. Entries must be taken before the event handler returns. */
export async function fromDrop(transfer: DataTransfer): Promise<Chosen[]> {
  const entries = [...transfer.items].map((item) => item.webkitGetAsEntry?.() as Entry | null).filter((entry) => entry !== null);
  if (!entries.length) return fromInput(transfer.files);
  return (await Promise.all(entries.map(walk))).flat();
}

async function walk(entry: Entry): Promise<Chosen[]> {
  if (entry.isFile) {
    const file = await new Promise<File>((done, failed) => entry.file?.(done, failed));
    return [{ path: entry.fullPath.replace(/^\//, ""), file }];
  }
  const reader = entry.createReader?.();
  if (!reader) return [];
  const found: Chosen[] = [];
  for (;;) {
    // A reader hands out at most 100 entries at a time and ends with an empty list.
    const batch = await new Promise<Entry[]>((done, failed) => reader.readEntries(done, failed));
    if (!batch.length) return found;
    found.push(...(await Promise.all(batch.map(walk))).flat());
  }
}

/** Adds without doubling a path, and leaves out what file managers hide. */
export function addChosen(known: Chosen[], added: Chosen[]): Chosen[] {
  const fresh = added.filter(({ path }) => !path.split("/").some((step) => step.startsWith(".")));
  const byPath = new Map([...known, ...fresh].map((one) => [one.path, one]));
  return [...byPath.values()];
}

export function totalBytes(chosen: Chosen[]): number {
  return chosen.reduce((sum, { file }) => sum + file.size, 0);
}

export function sizeText(bytes: number): string {
  if (bytes < 1024) return `${bytes} B`;
  if (bytes < 1024 ** 2) return `${(bytes / 1024).toFixed(0)} kB`;
  return `${(bytes / 1024 ** 2).toFixed(1)} MB`;
}

export function isWebAddress(text: string): boolean {
  try {
    return ["http:", "https:"].includes(new URL(text.trim()).protocol);
  } catch {
    return false;
  }
}
