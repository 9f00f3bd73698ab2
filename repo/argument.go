package repo

import (
	"database/sql/driver"
	"fmt"
	"strconv"
	"time"
)

// maxArgument is how many characters of an argument --show-sql prints.
const maxArgument = 1000

// ShownArgument is a statement's argument as --show-sql prints it: what the driver makes of it,
// which is what the server gets. An array may be of thousands.
func ShownArgument(arg any) string {
	value, err := driver.DefaultParameterConverter.ConvertValue(arg)
	if err != nil {
		return fmt.Sprintf("(%T)", arg)
	}
	_, own := arg.(driver.Valuer)
	text := fmt.Sprint(value)
	switch value := value.(type) {
	case nil:
		return "NULL"
	case string:
		if text = strconv.Quote(value); own { // an array, full of quotation marks
			text = fmt.Sprintf("%#q", value)
		}
	case []byte:
		text = strconv.Quote(string(value))
	case time.Time:
		text = value.Format(time.RFC3339Nano)
	}
	if r := []rune(text); len(r) > maxArgument {
		return fmt.Sprintf("%s… (%d characters)", string(r[:maxArgument]), len(r))
	}
	return text
}
