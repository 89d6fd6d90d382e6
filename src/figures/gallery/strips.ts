/** Trajectories as film strips: which images belong to one sample. */
import type { Images } from "../../values/values.ts"

export interface Frame {
  /** Of the image. */
  readonly index: number
  /** Such as `t=990`; empty without labels. */
  readonly moment: string
}

export interface Strip {
  /** The sample's own label; empty where it has none. */
  readonly name: string
  readonly frames: ReadonlyArray<Frame>
}

/** Between the parts of a label, such as `3 · t=990`. */
const separator = " · "

/**
 * Samplers give the states of one sample after those of another. A strip begins where the label's last part is that of the first image
 * again, or where what stands before it changes. Images without labels are one strip.
 */
export const stripsOf = ({ labels, shape }: Images): ReadonlyArray<Strip> => {
  const strips: Array<{ name: string; frames: Array<Frame> }> = []
  for (let index = 0; index < shape[0]; index += 1) {
    const { moment, name } = partsOf(labels?.[index] ?? "")
    const last = strips.at(-1)
    const again = labels !== undefined && moment === strips[0]?.frames[0]?.moment
    if (last === undefined || again || name !== last.name) {
      strips.push({ name, frames: [{ index, moment }] })
    } else {
      last.frames.push({ index, moment })
    }
  }
  return strips
}

const partsOf = (label: string) => {
  const at = label.lastIndexOf(separator)
  return at < 0
    ? { name: "", moment: label }
    : { name: label.slice(0, at), moment: label.slice(at + separator.length) }
}
