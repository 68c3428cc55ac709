#include "apps/program.h"

int main(int count, char** words) { return weir::run_program({words + 1, words + count}); }
