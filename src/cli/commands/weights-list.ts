/** `ablate weights list`: the pretrained models, and which of them are here. */
import type { Command } from "../command.ts"

export const command: Command = {
  name: "weights list",
  usage: ["weights list"],
  description: `Lists the pretrained models that ablate or this project knows (\`weights/*.yaml\`): whether their files are here, where, how large they are, and their licence. -v also tells what each is for, and on what conditions.

Files are looked for where \`ablate weights link\` says, in the project's \`weights/\`, and in the cache of Hugging Face's libraries.`,
  flags: [],
  examples: [
    { line: "ablate weights list", note: "what is here" },
    { line: "ablate weights list -v", note: "with sources and conditions" }
  ],
  args: { min: 0, max: 0 },
  run: async (context) => {
    const { openProject } = await import("../project.ts")
    const { root } = await openProject(context)
    const { printWeights, weightsRows } = await import("../weights/list.ts")
    const weights = weightsRows({ root, env: context.env })
    if (context.json) context.printJson({ weights })
    else printWeights(weights, context)
    return 0
  }
}
