import { infinibandCollector } from './agent/collectors/infiniband.ts';
import { openHost, type Host } from './agent/host.ts';
import { mkdtempSync, rmSync } from 'node:fs';
import { buildTree } from './test/bench/tree.ts';
const root = mkdtempSync('/dev/shm/rmbench-');
buildTree(root, 32);
const base=openHost(root);
const syncProbe:Host={...base,hold(p){const f=base.hold(p);return {path:p,get openings(){return f.openings},readSync:b=>f.readSync(b),read:async b=>f.readSync(b),close(){f.close()}}}};
const sig=new AbortController().signal;
for(const [n,h] of [['pool',base],['syncprobe',syncProbe]] as const){
const c=infinibandCollector();
for(let i=0;i<300;i++)await c.collect(h,sig);
let cpu=0,wall=0;const N=40;
for(let i=0;i<N;i++){await new Promise(r=>setTimeout(r,200));const u=process.cpuUsage(),s=performance.now();await c.collect(h,sig);wall+=performance.now()-s;const v=process.cpuUsage(u);cpu+=v.user+v.system;}
console.log(n,'cpu',(cpu/N/1000).toFixed(2),'wall',(wall/N).toFixed(2));}
rmSync(root,{recursive:true});
