# Draw again with: gnuplot memory-idle.gp
set encoding utf8
set terminal svg size 860,470 enhanced font 'DejaVu Sans,13' background '#ffffff'
set output 'memory-idle.svg'
set datafile separator tab
set border 3 linecolor '#888888' linewidth 1
set tics nomirror out scale 0.6 textcolor '#333333'
set grid ytics linecolor '#dddddd' linewidth 0.8 linetype 1
set tmargin 4.4
set label 900 'Memory that idle replicas add' at screen 0.02,0.9489 left noenhanced font 'DejaVu Sans Bold,15'
set label 901 'Allocated bytes above the primary without replicas, 1 KiB values' at screen 0.02,0.8979 left noenhanced font ',11' textcolor '#555555'
set key noenhanced reverse Left bmargin left horizontal samplen 3.2 spacing 1.2 width 1 textcolor '#222222'
set yrange [*<0:*]
set xlabel "Idle replicas\n " offset 0,0.4 noenhanced
set ylabel 'Added memory, MiB' noenhanced
set xrange [0:65.92]
plot (-89097.05069124512 + 30066.05043724373 * x) / 1048576.0 with lines linecolor '#D55E00' linewidth 1.4 notitle, \
     'memory-idle.tsv' index 1 using 1:($4/1048576.0):(0):(($5-$4)/1048576.0) with vectors nohead linecolor '#D55E00' linewidth 1.4 notitle, \
     'memory-idle.tsv' index 1 using 1:($3/1048576.0) with points linecolor '#D55E00' linewidth 1.6 pointtype 5 pointsize 1.0 notitle, \
     (153084.313364055 + 2178.4369534453353 * x) / 1048576.0 with lines linecolor '#0072B2' linewidth 1.4 notitle, \
     'memory-idle.tsv' index 0 using 1:($4/1048576.0):(0):(($5-$4)/1048576.0) with vectors nohead linecolor '#0072B2' linewidth 1.4 notitle, \
     'memory-idle.tsv' index 0 using 1:($3/1048576.0) with points linecolor '#0072B2' linewidth 1.6 pointtype 7 pointsize 0.75 notitle, \
     keyentry with linespoints linecolor '#0072B2' linewidth 2.2 dashtype 1 pointtype 7 pointsize 0.75 title 'Sluice: less than 4.46 KiB per replica', \
     keyentry with linespoints linecolor '#D55E00' linewidth 2.2 dashtype 1 pointtype 5 pointsize 1.0 title 'Redis: 29.4 KiB per replica'
