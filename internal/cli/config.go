package cli

import (
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/spf13/viper"

	"exptool/internal/schema"
)

// Config is the configuration of a run: what flags, the environment and files
// said, each value with its origin.
type Config struct {
	Timezone    string
	Format      string // empty: by what standard output is
	NA          string
	Timeout     time.Duration // to the first row; 0: none
	LockTimeout time.Duration // 0: none
	Color       string        // auto, always or never
	Label       string        // the field that the board calls participants by; empty: by what there is
	// Columns are the columns to show on a terminal, by entity or class name as
	// the user wrote it.
	Columns map[string][]string
	// Files are the configuration files looked for, the strongest first.
	Files []File

	db       Database
	sources  Sources
	settings []Setting
}

// Setting is one value of the configuration as `exptool config` shows it.
// Passwords are masked.
type Setting struct {
	Key    Key
	Value  string
	Origin Origin
}

// Sources is where a configuration comes from. The environment is the
// process's.
type Sources struct {
	// Flags are the values of the flags that were set, by key.
	Flags map[string]string
	// File is the file that --config names, empty without one. It then is the
	// only file, and beats the environment, because it was named.
	File string
	// Dir is the directory where exptool.yaml and config.txt are looked for.
	Dir string
	// Paths are the user's own directories.
	Paths Paths
	// Private names the private database that is used when nothing else names
	// one, and reports false where there is no private Postgres yet.
	Private func() (name string, ok bool)
}

// ConfigError says what is wrong with the configuration, and where.
type ConfigError struct {
	Where string // origin: "exptool.yaml:3", "environment EXPTOOL_TIMEOUT", "--timeout"
	Msg   string
}

// Error is one line.
func (e *ConfigError) Error() string { return e.Where + ": " + e.Msg }

// Load reads the configuration. Its errors are *ConfigError: an unknown key, a
// bad value, a file that is not YAML. The database is chosen later, by
// Config.Database, because most of the choice is only needed by commands that
// have a database.
func Load(src Sources) (*Config, error) {
	files, err := readFiles(src)
	if err != nil {
		return nil, err
	}
	c := &Config{Files: files, sources: src}
	v := layered(src, files)
	for _, key := range Keys() {
		if key.Map {
			c.loadColumns(key)
			continue
		}
		set := Setting{Key: key, Value: v.GetString(key.Name), Origin: origin(key, src, files)}
		if key.check != nil && set.Value != "" {
			if msg := key.check(set.Value); msg != "" {
				return nil, &ConfigError{Where: set.Origin.String(), Msg: msg}
			}
		}
		if key.Name == "db" {
			c.db = newDatabase(set.Value, set.Origin)
			set.Value = c.db.Address.String()
		}
		c.settings = append(c.settings, set)
	}
	c.Timezone, c.Format, c.NA, c.Color = v.GetString("timezone"), v.GetString("format"), v.GetString("na"), v.GetString("color")
	c.Label = v.GetString("label")
	c.Timeout, c.LockTimeout = v.GetDuration("timeout"), v.GetDuration("lock_timeout")
	return c, nil
}

// layered lays defaults, files, environment and flags over one another.
func layered(src Sources, files []File) *viper.Viper {
	v := viper.New()
	for _, key := range Keys() {
		if key.Map {
			continue
		}
		v.SetDefault(key.Name, key.Default)
		// BindEnv fails only without arguments.
		_ = v.BindEnv(append([]string{key.Name}, environment(key)...)...)
	}
	for i := len(files) - 1; i >= 0; i-- {
		for name, value := range files[i].values {
			if src.File != "" {
				v.Set(name, value.text)
				continue
			}
			_ = v.MergeConfigMap(map[string]any{name: value.text})
		}
	}
	for name, value := range src.Flags {
		v.Set(name, value)
	}
	return v
}

// environment lists the variables that set a key, the strongest first.
func environment(key Key) []string {
	if key.Name == "db" {
		return []string{key.Env(), "DATABASE_URL"}
	}
	return []string{key.Env()}
}

// origin says where layered took the value of a key from.
func origin(key Key, src Sources, files []File) Origin {
	if _, ok := src.Flags[key.Name]; ok {
		return Origin{Kind: FromFlag, Where: key.Name}
	}
	inFile := Origin{}
	for _, f := range files {
		if value, ok := f.values[key.Name]; ok {
			inFile = Origin{Kind: FromFile, Where: f.Path, Line: value.line}
			break
		}
	}
	if src.File != "" && inFile.Kind == FromFile {
		return inFile
	}
	for _, name := range environment(key) {
		if os.Getenv(name) != "" { // viper, too, takes an empty variable for an unset one
			return Origin{Kind: FromEnv, Where: name}
		}
	}
	return inFile
}

// loadColumns takes the maps from the files themselves: viper would lower-case
// the names of classes. The strongest file that names an entity has it.
func (c *Config) loadColumns(key Key) {
	c.Columns = map[string][]string{}
	set := Setting{Key: key}
	for _, f := range c.Files {
		for name, list := range f.columns {
			if _, ok := c.Columns[name]; !ok {
				c.Columns[name] = list
			}
		}
		if len(f.columns) > 0 && set.Origin.Kind == FromDefault {
			set.Origin = Origin{Kind: FromFile, Where: f.Path, Line: f.columnsLine}
		}
	}
	var entities []string
	for _, name := range sortedKeys(c.Columns) {
		entities = append(entities, name+": "+strings.Join(c.Columns[name], ","))
	}
	set.Value = strings.Join(entities, "; ")
	c.settings = append(c.settings, set)
}

// Settings are all values with their origins, in the order of Keys. The
// database is the one that Database would choose.
func (c *Config) Settings() []Setting {
	settings := append([]Setting(nil), c.settings...)
	if db, err := c.Database(); err == nil {
		settings[0].Value, settings[0].Origin = db.String(), db.Origin
	}
	return settings
}

func didYouMean(word string, among []string) string {
	if near := schema.Suggest(word, among); len(near) > 0 {
		return fmt.Sprintf("; did you mean %s?", near[0])
	}
	return ""
}
