import type sharp from 'sharp';

let loading: Promise<typeof sharp> | undefined;

/** sharp, loaded when the first picture is read or drawn: its native library takes as long as half of the package. */
export function loadSharp(): Promise<typeof sharp> {
  loading ??= import('sharp').then(({ default: loaded }) => {
    // libvips keeps what it read under the file's name, and would show a file that has changed since as it was before.
    loaded.cache(false);
    return loaded;
  });
  return loading;
}
