/** `ablate weights get NAME`: downloads the files of a pretrained model. */
import type { Command } from "../command.ts"

export const command: Command = {
  name: "weights get",
  usage: ["weights get MODEL"],
  description: `Downloads the files of a pretrained model into \`weights/MODEL/\`. What was cut off goes on where it stopped, and a file has its name only once its size and hash are what the hub says of that commit. Files that are here already, also in the cache of Hugging Face's libraries, are not downloaded again.

Most models have a licence that has to be accepted on their page first. Who you are is told by a token: in HF_TOKEN, or as \`hf auth login\` has written it.`,
  flags: [],
  examples: [
    { line: "ablate weights get if-i-m", note: "the smallest first stage of DeepFloyd IF" },
    { line: "HF_TOKEN=hf_... ablate weights get t5-v1_1-xxl", note: "with a token for this call" }
  ],
  args: { min: 1, max: 1 },
  run: async (context) => {
    const { openProject } = await import("../project.ts")
    const { root } = await openProject(context)
    const { readManifest } = await import("../../pretrained/manifests.ts")
    const { getWithProgress } = await import("../weights/get.ts")
    const [name = ""] = context.args
    const { code, folder, known } = await getWithProgress(readManifest(name, root), root, context)
    if (code !== 0) return code
    if (context.json) context.printJson({ name, folder, known })
    else {
      if (!context.quiet)
        context.err.line(known === true ? `${name} was here already` : `${name} is here`)
      context.out.line(folder)
    }
    return 0
  }
}
