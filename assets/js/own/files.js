// What a person chose or dropped, folders walked through, as plain files with their paths.

export const isSaved = (file) => file.name.toLowerCase().endsWith('.safetensors');

export const chosen = (files) =>
  [...files].map((file) => ({ file, name: file.webkitRelativePath || file.name }));

// A drop must be read at once: its items are gone after the event. Folders are walked afterwards.
export async function dropped(transfer) {
  const entries = [...transfer.items]
    .filter((item) => item.kind === 'file')
    .map((item) => item.webkitGetAsEntry?.() ?? item.getAsFile())
    .filter(Boolean);
  const found = [];
  for (const entry of entries) await walk(entry, '', found);
  return found;
}

async function walk(entry, folder, found) {
  if (entry instanceof File) {
    found.push({ file: entry, name: entry.name });
  } else if (entry.isFile) {
    const file = await new Promise((done) => entry.file(done, () => done(null)));
    if (file) found.push({ file, name: `${folder}${entry.name}` });
  } else if (entry.isDirectory) {
    const reader = entry.createReader();
    // A reader gives a hundred entries at a time, and nothing at the end.
    for (let more = await some(reader); more.length; more = await some(reader)) {
      for (const child of more) await walk(child, `${folder}${entry.name}/`, found);
    }
  }
}

const some = (reader) => new Promise((done) => reader.readEntries(done, () => done([])));
