// Gin and gorilla/websocket with a hub: one goroutine that owns the rooms, and a reader and a writer per connection.
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/gin-gonic/gin"
	"github.com/gorilla/websocket"
)

type client struct {
	room string
	conn *websocket.Conn
	send chan []byte
}

type delivery struct {
	room string
	text []byte
}

type hub struct {
	join, leave chan *client
	deliver     chan delivery
	rooms       map[string]map[*client]struct{}
}

func (h *hub) run() {
	for {
		select {
		case c := <-h.join:
			if h.rooms[c.room] == nil {
				h.rooms[c.room] = map[*client]struct{}{}
			}
			h.rooms[c.room][c] = struct{}{}
		case c := <-h.leave:
			h.drop(c)
		case d := <-h.deliver:
			for c := range h.rooms[d.room] {
				select {
				case c.send <- d.text:
				default: // too slow
					h.drop(c)
				}
			}
		}
	}
}

func (h *hub) drop(c *client) {
	if _, there := h.rooms[c.room][c]; there {
		delete(h.rooms[c.room], c)
		close(c.send)
	}
}

type message struct {
	Type string          `json:"type"`
	ID   string          `json:"id,omitempty"`
	Data json.RawMessage `json:"data"`
}

type chat struct {
	Room string `json:"room,omitempty"`
	Text string `json:"text"`
}

type publication struct {
	Type  string `json:"type"`
	Topic string `json:"topic"`
	Event string `json:"event"`
	Data  any    `json:"data"`
}

func (h *hub) publish(room string, data any) {
	text, _ := json.Marshal(publication{"publication", room, "tick", data})
	h.deliver <- delivery{room, text}
}

func (h *hub) read(c *client) {
	defer func() { h.leave <- c; c.conn.Close() }()
	for {
		_, text, err := c.conn.ReadMessage()
		if err != nil {
			return
		}
		var m message
		if json.Unmarshal(text, &m) != nil {
			return
		}
		switch m.Type {
		case "echo":
			reply, _ := json.Marshal(message{"reply", m.ID, m.Data})
			c.send <- reply
		case "chat.send":
			var said chat
			if json.Unmarshal(m.Data, &said) != nil {
				return
			}
			h.publish(said.Room, chat{Text: said.Text})
		}
	}
}

func (c *client) write() {
	defer c.conn.Close()
	for text := range c.send {
		if c.conn.WriteMessage(websocket.TextMessage, text) != nil {
			return
		}
	}
}

type tick struct {
	At   float64 `json:"at"`
	Text string  `json:"text"`
}

type command struct {
	Ticks    int     `json:"ticks"`
	PerTick  int     `json:"perTick"`
	Interval float64 `json:"interval"`
	Size     int     `json:"size"`
	Rooms    int     `json:"rooms"`
}

var offset = 0
var words = func() string {
	parts := make([]string, 50_000)
	for i := range parts {
		parts[i] = strconv.FormatInt(int64(i*7919%99_991), 36)
	}
	return strings.Join(parts, " ")
}()

func (h *hub) paced(c command) {
	length := max(0, c.Size-36)
	interval := time.Duration(c.Interval * float64(time.Millisecond))
	start := time.Now()
	due := start
	for n := 0; n < c.Ticks; n++ {
		time.Sleep(time.Until(due))
		for i := 0; i < c.PerTick; i++ {
			at := float64(time.Now().UnixNano()) / 1e6
			offset = (offset + 1_009) % (len(words) - length)
			h.publish(fmt.Sprintf("room:%d", (n*c.PerTick+i)%c.Rooms), tick{at, words[offset : offset+length]})
		}
		// Never nearer than half an interval, however late this one was.
		due = start.Add(max(time.Duration(n+1)*interval, time.Since(start)+interval/2))
	}
}

func main() {
	var options struct {
		Deflate bool `json:"deflate"`
	}
	_ = json.Unmarshal([]byte(os.Getenv("BENCH")), &options)
	h := &hub{make(chan *client), make(chan *client), make(chan delivery, 64), map[string]map[*client]struct{}{}}
	go h.run()

	gin.SetMode(gin.ReleaseMode)
	router := gin.New()
	upgrader := websocket.Upgrader{EnableCompression: options.Deflate, CheckOrigin: func(*http.Request) bool { return true }}
	router.GET("/ws", func(ctx *gin.Context) {
		conn, err := upgrader.Upgrade(ctx.Writer, ctx.Request, nil)
		if err != nil {
			return
		}
		c := &client{ctx.Query("room"), conn, make(chan []byte, 256)}
		h.join <- c
		go c.write()
		go h.read(c)
	})
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		panic(err)
	}
	go func() { panic(http.Serve(listener, router)) }()
	fmt.Printf("{\"port\":%d}\n", listener.Addr().(*net.TCPAddr).Port)

	lines := bufio.NewScanner(os.Stdin)
	for lines.Scan() {
		var c command
		if err := json.Unmarshal(lines.Bytes(), &c); err != nil {
			panic(err)
		}
		h.paced(c)
		fmt.Println("{}")
	}
}
