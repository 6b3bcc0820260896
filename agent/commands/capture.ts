import { recordCapture } from '../capture.ts';
import { inventoryLines, readInventory } from '../inventory.ts';
import { collectorsFor, openNode, readConfig } from '../node.ts';
import type { NodeOptions } from '../options.ts';
import type { Terminal } from '../terminal.ts';
