/**
 * All that runs privileged in the default mode: one line, so that it can be read where it is applied. Whoever connects to the
 * socket gets the kernel's ring from its oldest record on and then what comes; an empty line says "that is all for now".
 * It parses nothing, holds no token, and hears nothing: what a client sends is thrown away.
 *
 * A socket and not a named pipe: each reader has its own place in the ring (`diagnose` beside the agent takes nothing from it),
 * a restarted agent gets again what the one before had read and not yet judged, either side sees at once that the other is
 * gone, and no program is needed that makes a pipe. 2048 is O_NONBLOCK; EPIPE is the ring overtaking the reader, whose next
 * read(2) goes on with the oldest record there is (Documentation/ABI/testing/dev-kmsg).
 */
export const KERNEL_LOG_COPIER = [
  "const f=require('fs'),[,k,a]=process.argv;f.rmSync(a,{force:true});require('net').createServer(s=>{",
  'const d=f.openSync(k,2048),b=Buffer.alloc(8192),p=()=>{while(!s.writableNeedDrain){let n=0;',
  "try{n=f.readSync(d,b)}catch(e){if(e.code==='EPIPE')continue;if(e.code!=='EAGAIN')throw e}",
  "if(!n)return s.write('\\n');s.write(Buffer.from(b.subarray(0,n)))}},t=setInterval(p,1000);",
  "s.resume().on('drain',p).on('error',()=>{}).on('close',()=>{clearInterval(t);f.closeSync(d)});p()}).listen(a)",
].join('');
