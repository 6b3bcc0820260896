import type { Command, Container, PodGroup, SettingMap, VllmEngine } from '../model.ts';
import { pythonEngine } from './python-engine.ts';
import { optionSettings, textSetting } from './settings.ts';

/** vLLM's own short forms, vllm/engine/arg_utils.py. */
const SHORT = {
  tp: 'tensor_parallel_size',
  pp: 'pipeline_parallel_size',
  dp: 'data_parallel_size',
  q: 'quantization',
  n: 'nnodes',
  r: 'node_rank',
  cc: 'compilation_config',
  O: 'optimization_level',
};

/** Engines that a container starts with vLLM's server or with Python of its own. */
export function containerEngines(pod: PodGroup, container: Container): readonly VllmEngine[] {
  const engines = container.commands.flatMap((command) => {
    const begin = serverArguments(command);
    if (begin !== undefined) return [server(command, begin, pod, container)];
    return pythonEngine(command, pod, container) ?? [];
  });
  if (engines.length > 0) return engines;
  return imageEngine(pod, container);
}

/** Index of the first argument after `vllm serve`, `trl vllm-serve` or `python -m vllm.entrypoints.openai.api_server`. */
function serverArguments({ words }: Command): number | undefined {
  const serve = words.findIndex(({ text }, index) => (text === 'serve' && /(^|\/)vllm$/.test(words[index - 1]?.text ?? '')) || (text === 'vllm-serve' && /(^|\/)trl$/.test(words[index - 1]?.text ?? '')));
  if (serve !== -1) return serve + 1;
  const module = words.findIndex(({ text }) => /^vllm\.entrypoints\.(openai\.)?api_server$/.test(text));
  return module === -1 ? undefined : module + 1;
}

function server(command: Command, begin: number, pod: PodGroup, container: Container): VllmEngine {
  const options = optionSettings(command, begin, SHORT);
  const first = command.words[begin];
  const positional = first && !first.text.startsWith('-') ? { object: command.object, path: command.path, position: first.position, value: first.text } : undefined;
  return { object: command.object, path: command.path, position: command.position, kind: 'server', model: positional ?? textSetting(options['model']), options, pod, container };
}

/** The images of vLLM start the server themselves: args without a command are its options. */
function imageEngine(pod: PodGroup, container: Container): readonly VllmEngine[] {
  const isServer = /(^|\/)vllm-(openai|tpu|cpu)([:@-]|$)/.test(container.image ?? '') || /(^|\/)vllm\/vllm/.test(container.image ?? '');
  if (!isServer || container.hasCommand) return [];
  const [command] = container.commands;
  if (command) return [server(command, 0, pod, container)];
  const options: SettingMap = {};
  return [{ object: container.object, path: container.path, position: container.position, kind: 'server', model: undefined, options, pod, container }];
}
