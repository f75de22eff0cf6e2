import type sharp from 'sharp';

let loading: Promise<typeof sharp> | undefined;

/** sharp, loaded when the first picture is read or drawn: its native library takes as long to load as half of the package. */
export function loadSharp(): Promise<typeof sharp> {
  loading ??= import('sharp').then(({ default: loaded }) => {
    // libvips caches what it read by the file's name, and would show the old picture after the file has changed.
    loaded.cache(false);
    return loaded;
  });
  return loading;
}
