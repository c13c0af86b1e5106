package config

import (
	"bytes"
	"context"
	"errors"
	"io"
	"runtime"
	"sync"
)

// smallBlob is the size up to which a blob is read into memory at once, so that
// its process is free again before Open returns.
const smallBlob = 256 << 10

// errClosed is given for requests after Close.
var errClosed = errors.New("the repository is closed")

// blobPool hands out objects through a few long-lived git processes. Questions
// are limited to as many as there are slots; a large blob takes its process out
// of the pool while it is read, so that readers never wait for each other.
type blobPool struct {
	git   gitProgram
	slots chan struct{}

	mu         sync.Mutex
	extra      []string // environment of new processes
	generation int      // raised when extra changes
	idle       []*catFile
	all        map[*catFile]struct{}
	closed     bool
}

func newBlobPool(git gitProgram) *blobPool {
	slots := min(max(runtime.GOMAXPROCS(0), 2), 4)
	return &blobPool{git: git, slots: make(chan struct{}, slots), all: map[*catFile]struct{}{}}
}

// blobReader is the content of one object.
type blobReader struct {
	io.Reader
	oid   string
	close func()
	once  sync.Once
}

func (b *blobReader) Close() error {
	b.once.Do(b.close)
	return nil
}

// open asks for an object by any name that git understands, which must not hold
// a line break.
func (p *blobPool) open(ctx context.Context, object string) (*blobReader, int64, error) {
	select {
	case p.slots <- struct{}{}:
	case <-ctx.Done():
		return nil, 0, ctx.Err()
	}
	defer func() { <-p.slots }()
	for {
		body, size, again, err := p.try(ctx, object)
		if !again {
			return body, size, err
		}
	}
}

// try asks one process. A process that has answered before may have been ended
// from outside meanwhile; then it is worth asking a fresh one.
func (p *blobPool) try(ctx context.Context, object string) (body *blobReader, size int64, again bool, err error) {
	if err := ctx.Err(); err != nil {
		return nil, 0, false, err
	}
	proc, err := p.take()
	if err != nil {
		return nil, 0, false, err
	}
	fresh := !proc.used
	unwatch := context.AfterFunc(ctx, proc.stop)
	oid, size, err := proc.ask(object)
	if err == nil {
		body, err = p.body(ctx, proc, oid, size, unwatch)
		return body, size, false, err
	}
	unwatch()
	var broken *brokenPipe
	if !errors.As(err, &broken) {
		p.give(proc)
		return nil, 0, false, err
	}
	p.drop(proc)
	if ctx.Err() != nil {
		err = ctx.Err()
	}
	return nil, 0, !fresh && ctx.Err() == nil && !p.isClosed(), err
}

// body makes the reader of a found object: from memory for a small one, from the
// process for a large one.
func (p *blobPool) body(ctx context.Context, proc *catFile, oid string, size int64, unwatch func() bool) (*blobReader, error) {
	stream := &blobStream{ctx: ctx, pool: p, proc: proc, left: size, unwatch: unwatch}
	if size > smallBlob {
		return &blobReader{Reader: stream, oid: oid, close: stream.finish}, nil
	}
	defer stream.finish()
	content := make([]byte, size)
	if _, err := io.ReadFull(stream, content); err != nil {
		return nil, err
	}
	return &blobReader{Reader: bytes.NewReader(content), oid: oid, close: func() {}}, nil
}

// take returns an idle process, or starts one.
func (p *blobPool) take() (*catFile, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed {
		return nil, errClosed
	}
	if n := len(p.idle); n > 0 {
		proc := p.idle[n-1]
		p.idle = p.idle[:n-1]
		return proc, nil
	}
	proc, err := startCatFile(p.git, p.extra, p.generation)
	if err != nil {
		return nil, err
	}
	p.all[proc] = struct{}{}
	return proc, nil
}

// give puts a process back that waits for the next request.
func (p *blobPool) give(proc *catFile) {
	p.mu.Lock()
	keep := !p.closed && proc.generation == p.generation && len(p.idle) < cap(p.slots)
	if keep {
		p.idle = append(p.idle, proc)
	}
	p.mu.Unlock()
	if !keep {
		p.drop(proc)
	}
}

func (p *blobPool) drop(proc *catFile) {
	proc.stop()
	p.mu.Lock()
	delete(p.all, proc)
	p.mu.Unlock()
}

func (p *blobPool) isClosed() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.closed
}

// setEnv gives new processes further variables and lets go of those that do not
// have them.
func (p *blobPool) setEnv(extra []string) {
	p.mu.Lock()
	old := p.idle
	p.idle, p.extra = nil, extra
	p.generation++
	p.mu.Unlock()
	for _, proc := range old {
		p.drop(proc)
	}
}

func (p *blobPool) close() {
	p.mu.Lock()
	p.closed = true
	p.idle = nil
	var all []*catFile
	for proc := range p.all {
		all = append(all, proc)
	}
	p.mu.Unlock()
	for _, proc := range all {
		p.drop(proc)
	}
}

// blobStream reads the content of one object from its process.
type blobStream struct {
	ctx     context.Context // of the Open that made it; Read has no other way to know
	pool    *blobPool
	proc    *catFile
	left    int64
	unwatch func() bool
}

func (s *blobStream) Read(b []byte) (int, error) {
	if s.left == 0 {
		return 0, io.EOF
	}
	if err := s.ctx.Err(); err != nil {
		return 0, err
	}
	n, err := s.proc.out.Read(b[:min(int64(len(b)), s.left)])
	s.left -= int64(n)
	if err == nil {
		return n, nil
	}
	if s.ctx.Err() != nil {
		return n, s.ctx.Err()
	}
	return n, s.proc.broken(io.ErrUnexpectedEOF)
}

// finish gives the process back when the whole answer was read, and ends it
// otherwise: reading a large rest costs more than a new process.
func (s *blobStream) finish() {
	alive := s.unwatch()
	if s.left == 0 && alive {
		if end, err := s.proc.out.ReadByte(); err == nil && end == '\n' {
			s.pool.give(s.proc)
			return
		}
	}
	s.pool.drop(s.proc)
}
