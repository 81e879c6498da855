/* version - of the program, as --version says it. */
#ifndef VERSION_H
#define VERSION_H

#define SIPSILO_VERSION "0.1.0"

#endif
