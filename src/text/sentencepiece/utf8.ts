/** How many bytes the character has that begins with this byte, in valid UTF-8. */
export const characterBytes = (first: number): number =>
  first < 0x80 ? 1 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4
