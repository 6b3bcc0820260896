import type { KnownText } from './log-causes.ts';

/** What stops a program before it reaches a GPU: Python's own words, and those of huggingface_hub and transformers (utils/hub.py). */
export const PROGRAM_TEXTS: readonly KnownText[] = [
  {
    cause: 'model-access-refused',
    pattern: /Cannot access gated repo for url|You are trying to access a gated repo|40[13] Client Error.{0,40}huggingface\.co/,
    why: 'Hugging Face refuses the model: it is gated or private, and the token (HF_TOKEN) is missing, wrong, or its owner was not let in',
    fix: ['# ask for access on the page of the model, and give the pod HF_TOKEN from a Secret'],
  },
  {
    cause: 'model-not-found',
    pattern: /is not a local folder and is not a valid model identifier|Repository Not Found for url/,
    why: 'Hugging Face knows no such model, or not for this token: a misspelt name, a path that is not mounted, or a private model without HF_TOKEN',
  },
  {
    cause: 'module-missing',
    pattern: /ModuleNotFoundError: No module named /,
    why: 'the image lacks a Python module that the program imports: another image than the one it was written for, or a virtual environment that is not active',
  },
  {
    cause: 'permission-denied',
    pattern: /PermissionError: \[Errno 13\] Permission denied|: Permission denied$|: permission denied$/,
    why: 'the program may not read, write or execute a file: a volume owned by another user (securityContext.fsGroup, runAsUser), a read-only file system, or a script without its x bit',
  },
];
