/** `ablate weights verify [NAME]`: looks at every byte of the files of pretrained models. */
import type { Command } from "../command.ts"

export const command: Command = {
  name: "weights verify",
  usage: ["weights verify [MODEL]"],
  description: `Reads the files of a pretrained model again: sizes, forms, and hashes where one is known (from the manifest, from the download, or from Hugging Face's cache). A file that was cut off is found by its form, without a hash. Without MODEL, all models that are here.

The exit code is 1 when something was wrong.`,
  flags: [],
  examples: [
    { line: "ablate weights verify if-i-m", note: "one model" },
    { line: "ablate weights verify -v", note: "all that are here, file by file" }
  ],
  args: { min: 0, max: 1 },
  run: async (context) => {
    const { openProject } = await import("../project.ts")
    const { root } = await openProject(context)
    const { verifyWeights } = await import("../weights/verify.ts")
    const verified = await verifyWeights(context.args[0], root, context)
    if (context.json) context.printJson({ weights: verified })
    return verified.every(({ sound }) => sound) ? 0 : 1
  }
}
