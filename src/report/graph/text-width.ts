/** How wide text will be in a picture that has no font at hand: Helvetica's advance widths, which its look-alikes share. */

const narrow = "fijlrtI.,:;'|![](){}/\\ -"
const wide = "mwMWGOQ@%×"

/** Width in pixels, close enough to size a box; `mono` is a typewriter face, whose letters are all 0.602 em wide. */
export const textWidth = (text: string, size: number, face: "sans" | "mono" = "sans"): number => {
  let ems = 0
  for (const character of text) {
    if (face === "mono") ems += 0.602
    else if (narrow.includes(character)) ems += 0.32
    else if (wide.includes(character)) ems += 0.84
    else ems += /[A-Z]/.test(character) ? 0.69 : 0.56
  }
  return ems * size
}
