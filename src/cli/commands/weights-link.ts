/** `ablate weights link NAME FOLDER`: says where the files of a pretrained model are already. */
import { resolve } from "node:path"
import type { Command } from "../command.ts"

export const command: Command = {
  name: "weights link",
  usage: ["weights link MODEL DIR"],
  description: `Tells this project that the files of a pretrained model are in DIR: a copy of its repository (\`unet/config.json\`, …), a cache of Hugging Face's libraries, or a model's folder in one. Nothing is copied: \`weights/MODEL\` becomes a link to it, through which pipelines read it. What is linked is kept in \`weights/local/\`, which is for this machine alone.`,
  flags: [],
  examples: [
    { line: "ablate weights link if-i-m /data/IF-I-M-v1.0", note: "a copy of the repository" },
    { line: "ablate weights link if-i-xl /scratch/huggingface", note: "somebody's HF_HOME" }
  ],
  args: { min: 2, max: 2 },
  run: async (context) => {
    const { openProject } = await import("../project.ts")
    const { root } = await openProject(context)
    const { linkPretrained } = await import("../../pretrained/link.ts")
    const { readManifest } = await import("../../pretrained/manifests.ts")
    const [name = "", given = ""] = context.args
    const folder = linkPretrained(readManifest(name, root), resolve(context.cwd, given), root)
    if (context.json) context.printJson({ name, folder })
    else if (!context.quiet) context.err.line(`${name} is taken from ${folder}`)
    return 0
  }
}
